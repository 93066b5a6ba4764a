// User text only ever becomes textContent.
function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function table(matrix, isResult, label) {
  const box = element("figure", isResult ? "result" : "operand")
  box.append(element("figcaption", matrix.role, matrix.title))
  const scroll = element("div", "scroll")
  const grid = element("table")
  if (isResult) {
    grid.setAttribute("role", "grid")
    grid.setAttribute("aria-label", label)
  }
  const head = grid.createTHead().insertRow()
  head.append(element("td"))
  matrix.columns.forEach(name => {
    const th = element("th")
    th.scope = "col"
    th.append(element("bdi", "", name))
    head.append(th)
  })
  const body = grid.createTBody()
  matrix.rows.forEach((name, i) => {
    const row = body.insertRow()
    const th = element("th")
    th.scope = "row"
    th.append(element("bdi", "", name))
    row.append(th)
    matrix.columns.forEach((column, j) => {
      const cell = element("td", "cell", matrix.shown[i][j])
      const shade = matrix.shade[i][j]
      cell.style.setProperty("--part", `${Math.abs(shade) * 55}%`)
      if (shade < 0) cell.classList.add("negative")
      cell.dataset.i = i
      cell.dataset.j = j
      if (isResult) {
        cell.setAttribute("role", "gridcell")
        cell.setAttribute("aria-label", `row ${name}, column ${column}: ${matrix.shown[i][j]}`)
      }
      row.append(cell)
    })
  })
  scroll.append(grid)
  box.append(scroll)
  return box
}

function build(line, data) {
  const parts = []
  for (const matrix of [...data.operands, data.result]) {
    if (matrix.before) parts.push(element("div", "sign", matrix.before))
    parts.push(table(matrix, matrix === data.result, data.label))
  }
  line.replaceChildren(...parts)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const line = parentElement.querySelector(".line")
  const sum = parentElement.querySelector(".sum")
  const signature = JSON.stringify([data.operands, data.result])
  if (line.dataset.signature !== signature) {
    const hadFocus = line.contains(parentElement.activeElement ?? null)
    line.dataset.signature = signature
    build(line, data)
    if (hadFocus) line.dataset.refocus = "1"
  }
  const cells = [...line.querySelectorAll(".result .cell")]
  const width = data.result.columns.length
  const at = (i, j) => cells[i * width + j]

  const point = (i, j) => {
    line.querySelectorAll(".marked").forEach(cell => { cell.className = cell.className.replace(/ ?marked [\w-]*/g, "") })
    line.querySelectorAll(".operand").forEach((figure, n) => {
      for (const [kind, of, role] of data.operands[n].marks) {
        const index = of === "i" ? i : j
        const line = {
          row: `[data-i="${index}"]`, column: `[data-j="${index}"]`,
          cell: `[data-i="${i}"][data-j="${j}"]`, turned: `[data-i="${j}"][data-j="${i}"]`,
        }
        figure.querySelectorAll(".cell" + line[kind]).forEach(cell => { cell.className += ` marked ${role}` })
      }
    })
    const runs = data.explain[i][j].map(([text, role]) => element(role === "sup" ? "sup" : "span", role, text))
    sum.replaceChildren(...runs)
  }
  const home = () => point(...data.chosen)
  const focus = (i, j) => {
    cells.forEach(cell => { cell.tabIndex = -1 })
    at(i, j).tabIndex = 0
    at(i, j).focus()
  }
  cells.forEach(cell => {
    const i = Number(cell.dataset.i), j = Number(cell.dataset.j)
    const isChosen = i === data.chosen[0] && j === data.chosen[1]
    cell.classList.toggle("chosen", isChosen)
    cell.setAttribute("aria-selected", String(isChosen))
    cell.tabIndex = isChosen ? 0 : -1
    cell.onmouseenter = cell.onfocus = () => point(i, j)
    cell.onmouseleave = cell.onblur = home
    cell.onclick = () => { cell.focus(); setTriggerValue("cell", [i, j]) }
    cell.onkeydown = event => {
      const last = data.result.rows.length - 1
      const to = {
        ArrowUp: [Math.max(i - 1, 0), j], ArrowDown: [Math.min(i + 1, last), j],
        ArrowLeft: [i, Math.max(j - 1, 0)], ArrowRight: [i, Math.min(j + 1, width - 1)],
        Home: [i, 0], End: [i, width - 1],
      }[event.key]
      if (to) focus(...to)
      else if (event.key === "Enter" || event.key === " ") setTriggerValue("cell", [i, j])
      else return
      event.preventDefault()
      event.stopPropagation()
    }
  })
  if (line.dataset.refocus) {
    delete line.dataset.refocus
    at(...data.chosen).focus()
  }
  home()
}

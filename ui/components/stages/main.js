// User text only ever becomes textContent.
function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function cell(value) {
  const box = element("td", value.shown === "out" ? "out" : "")
  box.title = `probability ${value.full}`
  const line = element("div", "cell")
  const bar = element("i")
  bar.style.setProperty("--length", value.length)
  if (value.beyond) bar.className = "beyond"
  line.append(element("span", "", value.shown), bar)
  box.append(line)
  return box
}

function line(row, label) {
  const made = element("tr", [row.drawn && "drawn", row.chosen && "chosen", row.hue || "rest"].filter(Boolean).join(" "))
  if (row.hue) made.style.setProperty("--hue", row.hue)
  const head = element("th")
  head.scope = "row"
  head.append(label)
  made.append(head, ...row.cells.map(cell))
  return made
}

function token(row) {
  const button = element("button")
  button.type = "button"
  button.append(element("bdi", "", row.label), element("small", "", row.drawn ? "drawn" : `#${row.rank}`))
  button.setAttribute("aria-label", `${row.label}, rank ${row.rank}${row.drawn ? ", drawn" : ""}: show its arithmetic`)
  button.setAttribute("aria-pressed", String(row.chosen))
  button.dataset.id = row.id
  return button
}

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector("table")
  const before = [...table.querySelectorAll("button")].findIndex(button => button.matches(":focus"))
  const head = element("tr")
  head.append(element("th"), ...data.columns.map(column => {
    const th = element("th")
    th.scope = "col"
    th.append(element("span", "", column.title), element("small", "", column.kept))
    return th
  }))
  table.style.setProperty("--columns", data.columns.length)
  table.replaceChildren(element("thead"), element("tbody"))
  table.tHead.append(head)
  table.tBodies[0].append(...data.rows.map(row => line(row, token(row))), line(data.rest, element("span", "", data.rest.label)))
  const buttons = [...table.querySelectorAll("button")]
  const stop = before >= 0 ? before : Math.max(data.rows.findIndex(row => row.chosen), 0)
  buttons.forEach((button, i) => {
    button.tabIndex = i === stop ? 0 : -1
    button.onclick = () => { button.focus(); setTriggerValue("token", Number(button.dataset.id)) }
    button.onkeydown = event => {
      const last = buttons.length - 1
      const to = { ArrowDown: Math.min(i + 1, last), ArrowUp: Math.max(i - 1, 0), Home: 0, End: last }[event.key]
      if (to === undefined) return
      buttons.forEach((other, j) => { other.tabIndex = j === to ? 0 : -1 })
      buttons[to].focus()
      event.preventDefault()
      event.stopPropagation()
    }
  })
  if (before >= 0) buttons[before]?.focus()
}

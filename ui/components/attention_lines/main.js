const ROW = (i, count) => `${(100 * (i + 0.5)) / count}%`
const FAINTEST = 0.01 // a line with less weight than this could not be seen

const digits = weight => weight >= 0.0001 || weight === 0 ? weight.toPrecision(3) : weight.toExponential(1)

function token(data, i) {
  const box = document.createElement("div")
  box.className = "token"
  box.style.setProperty("--hue", data.tokens[i].hue)
  const word = document.createElement("bdi") // keeps right-to-left text in its own box
  word.textContent = data.tokens[i].text
  box.append(word)
  return box
}

function line(i, j, weight, count) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "line")
  made.setAttribute("x1", "0%")
  made.setAttribute("x2", "100%")
  made.setAttribute("y1", ROW(i, count))
  made.setAttribute("y2", ROW(j, count))
  made.style.opacity = weight
  return made
}

function build(from, to, svg, data, weights) {
  const count = data.tokens.length
  from.replaceChildren(...data.tokens.map((_, i) => token(data, i)))
  to.replaceChildren(...data.tokens.map((_, i) => {
    const box = token(data, i)
    box.append(document.createElement("small"))
    return box
  }))
  from.querySelectorAll(".token").forEach(box => box.setAttribute("role", "option"))
  from.setAttribute("aria-label", "Tokens; choose one to see where it looks")
  svg.style.left = svg.style.right = "34%"
  svg.style.width = "32%"
  const lines = []
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const weight = weights[i * count + j]
      if (weight >= FAINTEST) lines.push(Object.assign(line(i, j, weight, count), { row: i }))
    }
  }
  svg.replaceChildren(...lines)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const [from, to, svg, tip] = [".from", ".to", "svg", ".tip"].map(name => parentElement.querySelector(name))
  const weights = new Float32Array(Uint8Array.from(atob(data.weights), c => c.charCodeAt(0)).buffer)
  const count = data.tokens.length
  const signature = JSON.stringify([data.tokens, data.weights])
  if (from.dataset.signature !== signature) { // rebuilt only for other weights, so that focus stays
    from.dataset.signature = signature
    build(from, to, svg, data, weights)
    const frame = parentElement.querySelector(".frame")
    frame.scrollTop = from.children[data.chosen].offsetTop - frame.clientHeight / 2
  }
  const left = [...from.children]
  const right = [...to.children]
  const show = i => {
    for (const one of svg.children) one.classList.toggle("mine", one.row === i)
    for (const one of [...svg.querySelectorAll(".mine")]) svg.append(one) // drawn last, so on top
    right.forEach((box, j) => {
      box.classList.toggle("unseen", j > i)
      box.querySelector("small").textContent = j > i ? "" : digits(weights[i * count + j])
    })
    const row = [...weights.subarray(i * count, i * count + i + 1)]
    const most = row.indexOf(Math.max(...row))
    tip.textContent = `${data.tokens[i].text} looks most at ${data.tokens[most].text} (weight ${digits(row[most])})`
  }
  const focused = left.findIndex(box => box.matches(":focus"))
  left.forEach((box, i) => {
    box.tabIndex = i === (focused >= 0 ? focused : data.chosen) ? 0 : -1
    box.setAttribute("aria-selected", String(i === data.chosen))
    box.onmouseenter = box.onfocus = () => show(i)
    box.onmouseleave = box.onblur = () => show(data.chosen)
    box.onclick = () => { setTriggerValue("chosen", i); box.focus() }
    box.onkeydown = event => {
      const last = count - 1
      const to = { ArrowDown: Math.min(i + 1, last), ArrowUp: Math.max(i - 1, 0), Home: 0, End: last }[event.key]
      if (to !== undefined) {
        left.forEach((other, j) => { other.tabIndex = j === to ? 0 : -1 })
        left[to].focus()
      } else if (event.key === "Enter" || event.key === " ") setTriggerValue("chosen", i)
      else return
      event.preventDefault()
      event.stopPropagation()
    }
  })
  show(focused >= 0 ? focused : data.chosen)
}

// One pixel for each attention weight: rows are the tokens that look, columns the tokens looked at.
// A mid-blue whose opacity is the weight reads on light and on dark pages, so a theme switch needs no redrawing.
function paint(canvas, pixels, tokens) {
  canvas.width = canvas.height = tokens
  const picture = new ImageData(tokens, tokens)
  pixels.forEach((weight, i) => picture.data.set([47, 126, 188, weight], 4 * i))
  canvas.getContext("2d").putImageData(picture, 0, 0)
}

function label(className, text) {
  const cell = document.createElement("span")
  cell.className = className
  cell.textContent = text
  return cell
}

function build(grid, data) {
  const size = data.tokens * data.tokens
  grid.style.gridTemplateColumns = `max-content repeat(${data.heads}, minmax(16px, 1fr))`
  const parts = [label("side", "head")]
  for (let h = 0; h < data.heads; h++) parts.push(label("top", h))
  for (let l = 0; l < data.layers; l++) {
    parts.push(label("side", l ? l : "layer 0"))
    for (let h = 0; h < data.heads; h++) {
      const i = l * data.heads + h
      const button = document.createElement("button")
      button.setAttribute("role", "gridcell")
      const canvas = document.createElement("canvas")
      paint(canvas, data.pixels.subarray(i * size, (i + 1) * size), data.tokens)
      const bar = document.createElement("span")
      bar.className = "bar"
      button.append(canvas, bar)
      parts.push(button)
    }
  }
  grid.replaceChildren(...parts)
}

export default function ({ data: sent, parentElement, setTriggerValue }) {
  const data = { ...sent, pixels: Uint8Array.from(atob(sent.pixels), c => c.charCodeAt(0)) }
  const grid = parentElement.querySelector(".grid")
  const tip = parentElement.querySelector(".tip")
  grid.setAttribute("aria-label", "Attention of every head, a row for each layer")
  const now = [data.layers, data.heads, data.tokens, sent.pixels].join()
  if (grid.dataset.signature !== now) { // rebuilt only for other weights, so that focus stays
    grid.dataset.signature = now
    build(grid, data)
  }
  const buttons = [...grid.querySelectorAll("button")]
  const off = new Set(data.off)
  const focused = buttons.findIndex(button => button.matches(":focus"))
  const words = i => `Layer ${Math.floor(i / data.heads)}, head ${i % data.heads}: ${data.about[i]}${off.has(i) ? ", switched off" : ""}`
  const tell = i => { tip.textContent = words(i) }
  const walk = i => {
    if (i < 0 || i >= buttons.length) return
    buttons.forEach((button, j) => { button.tabIndex = j === i ? 0 : -1 })
    buttons[i].focus()
  }
  buttons.forEach((button, i) => {
    button.tabIndex = i === (focused >= 0 ? focused : data.chosen) ? 0 : -1
    button.setAttribute("aria-selected", String(i === data.chosen))
    button.setAttribute("aria-label", words(i))
    button.classList.toggle("off", off.has(i))
    button.querySelector(".bar").style.width = `calc(${(100 * data.bars[i]).toFixed(1)}% - ${4 * data.bars[i]}px)`
    button.onmouseenter = button.onfocus = () => tell(i)
    button.onmouseleave = button.onblur = () => tell(data.chosen)
    button.onclick = () => setTriggerValue("chosen", i)
    button.onkeydown = event => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, ArrowDown: i + data.heads, ArrowUp: i - data.heads }[event.key]
      if (to !== undefined) walk(to)
      else if (event.key === "Enter" || event.key === " ") setTriggerValue("chosen", i)
      else return
      event.preventDefault()
      event.stopPropagation()
    }
  })
  if (focused < 0) tell(data.chosen)
}

const COLUMN = 158, LINE = 34, WIDTH = 122 // px between columns, between lines, of a token's box

// User text only ever becomes textContent.
function box(node, i, data) {
  const made = document.createElement(i === 0 || node.others ? "div" : "button")
  made.className = ["node", i === 0 && "root", node.others && "others", node.chosen && i > 0 && "chosen", node.open && "open"]
    .filter(Boolean).join(" ")
  made.style.left = `${node.depth * COLUMN}px`
  made.style.top = `${node.line * LINE}px`
  made.style.width = `${WIDTH}px`
  made.style.setProperty("--hue", node.hue)
  const word = document.createElement("bdi")
  word.textContent = i === 0 ? data.root : node.label
  const share = document.createElement("small")
  share.textContent = node.shown
  made.append(word, share)
  if (node.depth > 1 && node.together) made.title = `the whole path: ${node.together}`
  if (made.tagName === "BUTTON") {
    made.type = "button"
    made.dataset.i = i
    made.setAttribute("aria-expanded", String(node.open))
    made.setAttribute("aria-label", `${node.label} ${node.shown}, the whole path ${node.together}`)
  }
  return made
}

function edge(node, from) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "path")
  const x = from.depth * COLUMN + WIDTH, y = (from.line + 0.5) * LINE - 2
  const to = node.depth * COLUMN, end = (node.line + 0.5) * LINE - 2, middle = (x + to) / 2
  made.setAttribute("d", `M${x},${y} C${middle},${y} ${middle},${end} ${to},${end}`)
  made.style.stroke = node.hue
  made.style.strokeWidth = `${1 + 11 * node.share}px`
  if (node.others) made.setAttribute("stroke-dasharray", "4 3")
  return made
}

export default function ({ data, parentElement, setTriggerValue }) {
  const field = parentElement.querySelector(".field")
  const svg = parentElement.querySelector("svg")
  const focused = field.querySelector("button:focus")?.getAttribute("aria-label")
  const deepest = Math.max(...data.nodes.map(node => node.depth))
  const lowest = Math.max(...data.nodes.map(node => node.line))
  field.style.width = `${deepest * COLUMN + WIDTH + 8}px`
  field.style.height = `${(lowest + 1) * LINE}px`
  svg.replaceChildren(...data.nodes.slice(1).map(node => edge(node, data.nodes[node.parent])))
  field.replaceChildren(svg, ...data.nodes.map((node, i) => box(node, i, data)))
  field.querySelectorAll("button").forEach(button => {
    button.onclick = () => setTriggerValue("node", Number(button.dataset.i))
    if (button.getAttribute("aria-label") === focused) button.focus()
  })
}

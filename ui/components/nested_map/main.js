function button(kind, item) {
  const made = document.createElement("button")
  made.type = "button"
  made.className = kind
  made.textContent = item.label
  made.dataset.name = item.name
  return made
}

// A box: its own button and examples on the left, the narrower box inside on the right.
function box(rings, depth) {
  const ring = rings[depth]
  const made = document.createElement("div")
  made.className = "ring"
  made.dataset.name = ring.name
  made.style.setProperty("--tint", `${5 + 7 * depth}%`)
  const own = document.createElement("div")
  own.className = "own"
  own.append(...ring.examples.map(example => {
    const chip = button("example", example)
    chip.classList.toggle("outlined", example.outlined)
    return chip
  }))
  const inside = document.createElement("div")
  inside.className = "inside"
  inside.append(own)
  if (depth + 1 < rings.length) inside.append(box(rings, depth + 1))
  made.append(button("name", ring), inside)
  return made
}

export default function ({ data, parentElement, setTriggerValue }) {
  const map = parentElement.querySelector(".map")
  const choose = name => setTriggerValue("chosen", name)
  const signature = JSON.stringify(data.rings)
  if (map.dataset.signature !== signature) {
    map.dataset.signature = signature
    map.replaceChildren(box(data.rings, 0))
  }
  // A click goes to the innermost box or example under it, not to the boxes around.
  map.querySelectorAll("[data-name]").forEach(each => {
    const here = each.dataset.name === data.chosen
    if (each.tagName === "BUTTON") each.setAttribute("aria-pressed", String(here))
    else each.classList.toggle("chosen", here)
    each.onclick = event => { event.stopPropagation(); choose(each.dataset.name) }
  })
}

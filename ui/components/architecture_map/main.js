// Data flows down each column. Items: a row of boxes, an arrow with a shape, or an end that is no part of the model.
function element(tag, className, text) {
  const made = document.createElement(tag)
  made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function box(data) {
  const made = element("button", `box ${data.tone}`)
  made.type = "button"
  made.dataset.name = data.name
  made.append(element("span", "label", data.label), element("span", "count", data.count))
  const share = element("i", "share")
  share.style.width = `${100 * data.share}%`
  made.append(share)
  made.setAttribute("aria-label", data.about)
  made.title = data.about
  return made
}

function item(data) {
  if (data.boxes) {
    const row = element("div", "row")
    row.append(...data.boxes.map(box))
    return row
  }
  if (data.end) return element("div", "end", data.end)
  const arrow = element("div", "arrow", data.shape)
  arrow.title = data.letters
  return arrow
}

function column(data) {
  const made = element("section", data.inside ? "column inside" : "column")
  made.append(element("h4", "", data.title))
  const flow = element("div", data.shortcut ? "flow shortcut" : "flow")
  if (data.shortcut) {
    const rail = element("div", "rail")
    rail.append(element("span", "", data.shortcut))
    flow.append(rail)
  }
  flow.append(...data.items.map(item))
  made.append(flow)
  if (data.after) {
    const after = element("div", "flow")
    after.append(...data.after.map(item))
    made.append(after)
  }
  return made
}

export default function ({ data, parentElement, setTriggerValue }) {
  const map = parentElement.querySelector(".map")
  const signature = JSON.stringify(data.columns)
  if (map.dataset.signature !== signature) {
    const focused = map.querySelector("button:focus")?.dataset.name
    map.dataset.signature = signature
    map.replaceChildren(...data.columns.map(column))
    if (focused) [...map.querySelectorAll("button")].find(button => button.dataset.name === focused)?.focus()
  }
  map.querySelectorAll("button").forEach(button => {
    button.setAttribute("aria-pressed", String(button.dataset.name === data.chosen))
    button.onclick = () => setTriggerValue("chosen", button.dataset.name)
  })
}

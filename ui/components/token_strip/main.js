// User text only ever becomes textContent. bdi isolates right-to-left tokens, so that the strip keeps its order.
function build(chip, i) {
  const box = document.createElement("span")
  box.className = "chip"
  box.setAttribute("role", "option")
  box.style.setProperty("--hue", chip.hue)
  const word = document.createElement("bdi")
  word.textContent = chip.text
  box.append(word)
  if (chip.note) {
    const note = document.createElement("small")
    note.textContent = chip.note
    box.append(note)
  }
  box.setAttribute("aria-label", `${chip.text} ${chip.note} ${chip.about}`)
  box.dataset.index = i
  return box
}

// A colour of the theme's sequential scale; the text takes the ground's colour on the strong half.
function shade(box, ramp, value) {
  const at = Math.round(value * (ramp.length - 1))
  box.style.background = ramp[at]
  box.style.color = at >= 0.6 * ramp.length ? "var(--st-background-color)" : ""
}

function drawLegend(box, ramp, legend) {
  box.hidden = !legend
  if (!legend) return
  const [title, low, high] = legend.map(text => {
    const part = document.createElement("span")
    part.textContent = text
    return part
  })
  const bar = document.createElement("i")
  bar.style.background = `linear-gradient(90deg, ${ramp.join(",")})`
  box.replaceChildren(title, low, bar, high)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".chips")
  const tip = parentElement.querySelector(".tip")
  list.setAttribute("aria-label", data.label)
  list.setAttribute("aria-orientation", "horizontal")
  const signature = JSON.stringify([data.chips, data.more])
  if (list.dataset.signature !== signature) {
    list.dataset.signature = signature
    list.replaceChildren(...data.chips.map(build))
    if (data.more > 0) {
      const more = document.createElement("span")
      more.className = "more"
      more.textContent = `and ${data.more.toLocaleString("en")} more`
      list.append(more)
    }
    tip.textContent = ""
  }
  const boxes = [...list.querySelectorAll(".chip")]
  const ramp = getComputedStyle(list).getPropertyValue("--st-chart-sequential-colors").split(",")
  boxes.forEach((box, i) => { if (data.chips[i].shade != null) shade(box, ramp, data.chips[i].shade) })
  drawLegend(parentElement.querySelector(".legend"), ramp, data.legend)
  list.classList.toggle("selectable", data.selectable)
  const focused = boxes.findIndex(box => box.matches(":focus"))
  const stop = focused >= 0 ? focused : (data.selected ?? 0)
  const tell = i => { tip.textContent = i == null ? "" : data.chips[i].about }
  const choose = i => { if (data.selectable) setTriggerValue("chosen", i) }
  const walk = i => {
    boxes.forEach((box, j) => { box.tabIndex = j === i ? 0 : -1 })
    boxes[i].focus()
  }
  boxes.forEach((box, i) => {
    box.tabIndex = i === stop ? 0 : -1
    box.setAttribute("aria-selected", String(i === data.selected))
    box.onmouseenter = box.onfocus = () => tell(i)
    box.onmouseleave = box.onblur = () => tell(data.selected)
    box.onclick = () => { choose(i); box.focus() }
    box.onkeydown = event => {
      const last = boxes.length - 1
      const to = { ArrowRight: Math.min(i + 1, last), ArrowLeft: Math.max(i - 1, 0), Home: 0, End: last }[event.key]
      if (to !== undefined) walk(to)
      else if (event.key === "Enter" || event.key === " ") choose(i)
      else return
      event.preventDefault()
      event.stopPropagation()
    }
  })
  if (focused < 0) tell(data.selected)
}

// User text only ever becomes textContent.
function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function build(bar, number, shown) {
  const row = element("div", "row")
  if (bar.title) row.append(element("div", "title", bar.title))
  const line = element("div", "line")
  line.setAttribute("role", "img")
  line.setAttribute("aria-label", `${bar.title} The number ${shown} falls on ${bar.drawn}.`)
  line.append(...bar.pieces.map(piece => {
    const box = element("div", piece.drawn ? "piece drawn" : "piece")
    box.style.left = `${piece.start * 100}%`
    box.style.width = `${(piece.end - piece.start) * 100}%`
    box.style.setProperty("--hue", piece.hue)
    box.append(element("bdi", "", piece.label))
    return box
  }))
  const needle = element("div", "needle")
  needle.style.left = `${number * 100}%`
  line.append(needle)
  row.append(line)
  return row
}

export default function ({ data, parentElement }) {
  const bars = parentElement.querySelector(".bars")
  const flag = parentElement.querySelector(".flag")
  const tip = parentElement.querySelector(".tip")
  const say = piece => `A number from ${piece.range} draws ${piece.label}.`
  const rest = () => { tip.textContent = data.bars.map(bar => say(bar.pieces.find(piece => piece.drawn))).join("  ") }
  bars.replaceChildren(...data.bars.map(bar => build(bar, data.number, data.shown)))
  flag.textContent = data.shown
  flag.style.left = `${Math.min(Math.max(data.number * 100, 4), 96)}%`
  bars.querySelectorAll(".line").forEach((line, b) => {
    line.querySelectorAll(".piece").forEach((box, i) => {
      box.onmouseenter = () => { tip.textContent = say(data.bars[b].pieces[i]) }
      box.onmouseleave = rest
    })
  })
  rest()
  // A label stands only in a piece that is wide enough for it.
  const fit = () => bars.querySelectorAll(".piece").forEach(box => {
    box.classList.toggle("narrow", box.firstChild.scrollWidth + 4 > box.clientWidth)
  })
  const observer = new ResizeObserver(fit)
  observer.observe(bars)
  fit()
  return () => observer.disconnect()
}

// Not Streamlit's own button shortcuts: those also fire while a key moves inside a component's shadow DOM.
const PRESSES = {
  ArrowLeft: "previous", PageUp: "previous", ArrowRight: "next", PageDown: "next", Escape: "leave",
}
const CONTROLS = "input, textarea, select, [contenteditable=true], [role=slider], [role=radio], [role=tab], " +
  "[role=combobox], [role=option], [role=gridcell], [role=dialog], canvas"

export default function ({ setTriggerValue }) {
  const listen = event => {
    const press = PRESSES[event.key]
    if (!press || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    if (event.composedPath().some(node => node.matches?.(CONTROLS))) return
    event.preventDefault()
    setTriggerValue("press", press)
  }
  window.addEventListener("keydown", listen)
  return () => window.removeEventListener("keydown", listen)
}

// The clipboard API needs https or localhost; in a classroom over plain http the old way still works.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text)
    return true
  }
  const field = document.createElement("textarea")
  field.value = text
  field.style.position = "fixed"
  field.style.opacity = "0"
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  return done
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const status = parentElement.querySelector("span")
  button.textContent = "Copy link"
  button.onclick = async () => {
    let done = false
    try { done = await copy(window.location.href) } catch { done = false }
    status.textContent = done ? ("Copied. " + data.note).trim() : "Copy it from the address bar."
    clearTimeout(button.timer)
    button.timer = setTimeout(() => { status.textContent = "" }, data.note ? 12000 : 3000)
  }
}

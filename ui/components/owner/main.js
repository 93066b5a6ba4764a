// 32 random bytes. The cookie comes with every later visit; it is never part of an address.
function kept(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="))
  return found ? found.slice(name.length + 1) : null
}

export default function ({ data, setStateValue }) {
  let key = kept(data.cookie)
  if (!/^[0-9a-f]{64}$/.test(key || "")) {
    key = [...crypto.getRandomValues(new Uint8Array(32))].map((b) => b.toString(16).padStart(2, "0")).join("")
  }
  const secure = window.location.protocol === "https:" ? "; Secure" : ""
  document.cookie = `${data.cookie}=${key}; path=/; max-age=63072000; SameSite=Strict${secure}`
  setStateValue("key", key)
}

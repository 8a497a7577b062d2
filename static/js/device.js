// While a client holds the device, no page of the staff that is still open in another tab shows
// anything. (The server refuses all of them anyway; this is about what is on the screen already.)
const device = new BroadcastChannel("device");

if (document.body.classList.contains("client")) {
  device.postMessage("given");
} else {
  device.postMessage("back");
  device.onmessage = (event) => {
    document.documentElement.hidden = event.data === "given";
  };
}

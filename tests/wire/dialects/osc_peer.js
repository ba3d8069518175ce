// Another program that speaks OSC over UDP, by the npm package `osc`: osc_peer.js PORT
//
// It says on which port it listens, then prints a line of JSON for each message that comes. A line of JSON on its
// standard input, {address, args: [{type, value}]} or {timeTag: seconds from now, packets: [...]}, is sent to PORT.
const osc = require("osc");
const readline = require("readline");

const port = new osc.UDPPort({
  localAddress: "127.0.0.1",
  localPort: 0,
  remoteAddress: "127.0.0.1",
  remotePort: Number(process.argv[2]),
  metadata: true,
});

port.on("ready", () => console.log(port.socket.address().port));
port.on("message", (message) => console.log(JSON.stringify(message)));
port.on("error", (error) => console.log(JSON.stringify({ error: error.message })));
port.open();

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const packet = JSON.parse(line);
  if ("timeTag" in packet) {
    packet.timeTag = osc.timeTag(packet.timeTag);
  }
  port.send(packet);
});

// Another program that speaks OSC, by the npm package `osc`: osc_peer.js PORT [HOST [tcp]]
//
// It says on which port it listens, then prints a line of JSON for each message that comes. A line of JSON on its
// standard input, {address, args: [{type, value}]} or {timeTag: seconds from now, packets: [...]}, is sent to PORT of
// HOST: by UDP, or by TCP with a length before each packet.
const osc = require("osc");
const readline = require("readline");

const [remotePort, remoteAddress, way] = [Number(process.argv[2]), process.argv[3] || "127.0.0.1", process.argv[4]];
const port =
  way === "tcp"
    ? new osc.TCPSocketPort({ address: remoteAddress, port: remotePort, metadata: true })
    : new osc.UDPPort({ localAddress: "127.0.0.1", localPort: 0, remoteAddress, remotePort, metadata: true });

port.on("ready", () => console.log(way === "tcp" ? port.socket.localPort : port.socket.address().port));
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

// A page in jsdom, to its end: the page says that it is done in its title.
import { JSDOM, VirtualConsole } from "jsdom";

const virtualConsole = new VirtualConsole();
virtualConsole.on("log", text => console.log(text));
const { window } = await JSDOM.fromURL(process.argv[2], { runScripts: "dangerously", resources: "usable", virtualConsole });
while (!window.document.title.startsWith("done")) await new Promise(resolve => setTimeout(resolve, 1));
window.close();

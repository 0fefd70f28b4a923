// A page in happy-dom, to its end.
import { Browser } from "happy-dom";

const browser = new Browser({ console, settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true } });
const page = browser.newPage();
await page.goto(process.argv[2]);
await page.waitUntilComplete();
await browser.close();

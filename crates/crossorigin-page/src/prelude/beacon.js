// navigator.sendBeacon: https://w3c.github.io/beacon/

Object.defineProperty(Navigator.prototype, "sendBeacon", {
  writable: true, configurable: true, enumerable: true,
  value(url, data = null) {
    const parsed = new URL(String(url), document.baseURI);
    if (!["http:", "https:"].includes(parsed.protocol)) throw new TypeError("A beacon goes to an HTTP URL.");
    if (isReadableStream(data)) throw new TypeError("A beacon has no stream for a body.");
    const { bytes, type } = data === null ? { bytes: new Uint8Array(), type: null } : extractBytes(data);
    const release = keepAlive(bytes.length);
    if (release === null) return false;
    const headers = type === null ? [] : [["content-type", type]];
    request({ as: "beacon", url: parsed.href, method: "POST", headers, credentials: "include" }, bytes, release);
    return true;
  },
});

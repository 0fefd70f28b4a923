// Events of what people do, and of the window: made when they are first asked for.

const UI_EVENTS = ["UIEvent", "FocusEvent", "MouseEvent", "PointerEvent", "WheelEvent", "KeyboardEvent", "InputEvent", "SubmitEvent", "HashChangeEvent",
  "PopStateEvent", "PageTransitionEvent"];
let madeUiEvents = null;
const uiEvents = () => (madeUiEvents ??= makeUiEvents());
exposeLater(UI_EVENTS, uiEvents);

const MODIFIERS = { ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };

function makeUiEvents() {
  /** A kind of event whose members are what it was made with, or else these. */
  function kind(Above, defaults, more = {}) {
    const INIT = Symbol("init");
    const Class = class extends Above {
      constructor(type, init = {}) {
        super(type, init);
        const own = Object.keys(defaults).map(name => [name, init?.[name] ?? defaults[name]]);
        Object.defineProperty(this, INIT, { value: Object.fromEntries(own) });
      }
    };
    for (const name of Object.keys(defaults)) {
      Object.defineProperty(Class.prototype, name, { configurable: true, enumerable: true, get() { return this[INIT][name]; } });
    }
    Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors(more));
    return Class;
  }
  const modifierState = { getModifierState(key) { return Boolean({ Control: this.ctrlKey, Shift: this.shiftKey, Alt: this.altKey, Meta: this.metaKey }[key]); } };
  const UIEvent = kind(Event, { view: null, detail: 0 });
  const mouse = { screenX: 0, screenY: 0, clientX: 0, clientY: 0, button: 0, buttons: 0, relatedTarget: null, movementX: 0, movementY: 0, ...MODIFIERS };
  const MouseEvent = kind(UIEvent, mouse, {
    ...modifierState,
    get x() { return this.clientX; }, get y() { return this.clientY; },
    get pageX() { return this.clientX; }, get pageY() { return this.clientY; },
  });
  const made = {
    UIEvent, MouseEvent,
    FocusEvent: kind(UIEvent, { relatedTarget: null }),
    PointerEvent: kind(MouseEvent, { pointerId: 0, width: 1, height: 1, pressure: 0, pointerType: "", isPrimary: false }),
    WheelEvent: kind(MouseEvent, { deltaX: 0, deltaY: 0, deltaZ: 0, deltaMode: 0 }),
    KeyboardEvent: kind(UIEvent, { key: "", code: "", location: 0, repeat: false, isComposing: false, keyCode: 0, charCode: 0, ...MODIFIERS }, modifierState),
    InputEvent: kind(UIEvent, { data: null, inputType: "", isComposing: false }),
    SubmitEvent: kind(Event, { submitter: null }),
    HashChangeEvent: kind(Event, { oldURL: "", newURL: "" }),
    PopStateEvent: kind(Event, { state: null }),
    PageTransitionEvent: kind(Event, { persisted: false }),
  };
  for (const [name, Class] of Object.entries(made)) {
    Object.defineProperty(Class, "name", { value: name, configurable: true });
    tag(Class, name);
  }
  return made;
}

const EVENTS_OF_OLD = {
  event: () => Event, events: () => Event, htmlevents: () => Event, customevent: () => CustomEvent, messageevent: () => MessageEvent,
  uievent: () => uiEvents().UIEvent, uievents: () => uiEvents().UIEvent, mouseevent: () => uiEvents().MouseEvent, mouseevents: () => uiEvents().MouseEvent,
  keyboardevent: () => uiEvents().KeyboardEvent, focusevent: () => uiEvents().FocusEvent,
};

const clickEvent = () => new (uiEvents().PointerEvent)("click", { bubbles: true, cancelable: true, composed: true, view: globalThis, detail: 1 });
const submitEvent = submitter => new (uiEvents().SubmitEvent)("submit", { bubbles: true, cancelable: true, submitter });

/** The element that has the focus; the body where none has. */
let focused = null;
const IS_FOCUSABLE = "a[href], area[href], button, input, select, textarea, iframe, [tabindex], [contenteditable]";

function moveFocus(from, to) {
  if (from === to) return;
  focused = to;
  const tell = (target, type, bubbles, relatedTarget) => target && fire(target, new (uiEvents().FocusEvent)(type, { bubbles, composed: true, relatedTarget }));
  tell(from, "blur", false, to);
  tell(from, "focusout", true, to);
  tell(to, "focus", false, from);
  tell(to, "focusin", true, from);
}

for (const Class of [HTMLElement, SVGElement]) {
  Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors({
    focus() { if (this.isConnected && this.ownerDocument === document && !this.disabled && this.matches(IS_FOCUSABLE)) moveFocus(focused, this); },
    blur() { if (focused === this) moveFocus(this, null); },
    get tabIndex() { return Number.parseInt(this.getAttribute("tabindex") ?? "", 10) || (this.matches(IS_FOCUSABLE) ? 0 : -1); },
    set tabIndex(value) { this.setAttribute("tabindex", Math.trunc(value) || 0); },
  }));
}

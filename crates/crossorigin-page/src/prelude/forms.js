// Forms and their controls: what they hold. Where one would lead is told, and not followed.

/** What a control holds once it is no longer what its attributes say. */
const CONTROL = Symbol("control");
const control = element => {
  if (!element[CONTROL]) Object.defineProperty(element, CONTROL, { value: { value: null, checked: null, selected: null } });
  return element[CONTROL];
};

class FormControl extends HTMLElement {
  get form() {
    const named = this.getAttribute("form");
    return named === null ? this.closest("form") : select(document, "form").find(form => form.id === named) ?? null;
  }
  get labels() { return staticList(select(document, "label").filter(label => label.control === this)); }
}
const CONTROL_ATTRIBUTES = { name: "text", disabled: "flag" };

const INPUT_TYPES = ["hidden", "text", "search", "tel", "url", "email", "password", "date", "month", "week", "time", "datetime-local",
  "number", "range", "color", "checkbox", "radio", "file", "submit", "image", "reset", "button"];

class HTMLInputElement extends FormControl {
  get type() {
    const type = (this.getAttribute("type") ?? "").toLowerCase();
    return INPUT_TYPES.includes(type) ? type : "text";
  }
  set type(type) { this.setAttribute("type", type); }
  get defaultValue() { return this.getAttribute("value") ?? ""; }
  set defaultValue(value) { this.setAttribute("value", value); }
  get value() {
    if (["checkbox", "radio"].includes(this.type)) return this.getAttribute("value") ?? "on";
    if (this.type === "file") return "";
    return control(this).value ?? this.defaultValue;
  }
  set value(value) {
    if (["checkbox", "radio", "hidden", "submit", "image", "reset", "button"].includes(this.type)) this.defaultValue = value;
    else control(this).value = String(value ?? "").replace(/[\r\n]/g, "");
  }
  get valueAsNumber() { return ["number", "range"].includes(this.type) && this.value !== "" ? Number(this.value) : NaN; }
  get defaultChecked() { return this.hasAttribute("checked"); }
  set defaultChecked(value) { this.toggleAttribute("checked", Boolean(value)); }
  get checked() { return control(this).checked ?? this.defaultChecked; }
  set checked(value) {
    control(this).checked = Boolean(value);
    if (!value || this.type !== "radio" || this.name === "") return;
    const { form } = this;
    for (const other of select(form ?? this.getRootNode(), "input")) {
      if (other !== this && other.type === "radio" && other.name === this.name && other.form === form) control(other).checked = false;
    }
  }
  select() {}
  click() {
    if (this.disabled) return;
    const before = this.checked;
    const isChoice = this.type === "checkbox" || (this.type === "radio" && !before);
    if (isChoice) this.checked = this.type === "radio" || !before;
    const goesOn = fire(this, clickEvent());
    if (!goesOn) {
      if (isChoice) this.checked = before;
    } else if (isChoice) {
      for (const type of ["input", "change"]) fire(this, new Event(type, { bubbles: true }));
    } else if (["submit", "image"].includes(this.type)) {
      this.form?.requestSubmit(this);
    } else if (this.type === "reset") {
      this.form?.reset();
    }
  }
}
reflect(HTMLInputElement, { ...CONTROL_ATTRIBUTES, placeholder: "text", readOnly: "flag", required: "flag", multiple: "flag", min: "text", max: "text", step: "text", accept: "text" });
defineElement("input", HTMLInputElement);

class HTMLTextAreaElement extends FormControl {
  get type() { return "textarea"; }
  get defaultValue() { return this.textContent; }
  set defaultValue(value) { this.textContent = value; }
  get value() { return control(this).value ?? this.defaultValue; }
  set value(value) { control(this).value = String(value ?? "").replace(/\r\n?/g, "\n"); }
  get textLength() { return this.value.length; }
  select() {}
}
reflect(HTMLTextAreaElement, { ...CONTROL_ATTRIBUTES, placeholder: "text", readOnly: "flag", required: "flag" });
defineElement("textarea", HTMLTextAreaElement);

class HTMLButtonElement extends FormControl {
  get type() {
    const type = (this.getAttribute("type") ?? "").toLowerCase();
    return ["button", "reset"].includes(type) ? type : "submit";
  }
  set type(type) { this.setAttribute("type", type); }
  click() {
    if (this.disabled || !fire(this, clickEvent())) return;
    if (this.type === "submit") this.form?.requestSubmit(this);
    if (this.type === "reset") this.form?.reset();
  }
}
reflect(HTMLButtonElement, { ...CONTROL_ATTRIBUTES, value: "text" });
defineElement("button", HTMLButtonElement);

class HTMLOptionElement extends HTMLElement {
  get text() { return this.textContent.trim().replace(/[\t\n\f\r ]+/g, " "); }
  set text(text) { this.textContent = text; }
  get value() { return this.getAttribute("value") ?? this.text; }
  set value(value) { this.setAttribute("value", value); }
  get label() { return this.getAttribute("label") || this.text; }
  get defaultSelected() { return this.hasAttribute("selected"); }
  set defaultSelected(value) { this.toggleAttribute("selected", Boolean(value)); }
  get selected() {
    const list = this.closest("select");
    return list && !list.multiple ? chosen(list) === this : control(this).selected ?? this.defaultSelected;
  }
  set selected(value) {
    const list = this.closest("select");
    if (value && list && !list.multiple) for (const option of optionsOf(list)) control(option).selected = false;
    control(this).selected = Boolean(value);
  }
  get index() { return this.closest("select") ? optionsOf(this.closest("select")).indexOf(this) : 0; }
}
reflect(HTMLOptionElement, { disabled: "flag" });
defineElement("option", HTMLOptionElement);

/** The option that a list of one choice shows: the last that is selected, or else the first that can be. */
function chosen(list) {
  const options = optionsOf(list);
  const isSelected = option => control(option).selected ?? option.defaultSelected;
  return options.findLast(isSelected) ?? (control(list).selected === false ? null : options.find(option => !option.disabled) ?? null);
}

class HTMLSelectElement extends FormControl {
  get type() { return this.multiple ? "select-multiple" : "select-one"; }
  get options() { return liveElements(this, "options", () => optionsOf(this)); }
  get length() { return optionsOf(this).length; }
  get selectedOptions() { return makeList(HTMLCollection, () => optionsOf(this).filter(option => option.selected)); }
  get selectedIndex() { return optionsOf(this).findIndex(option => option.selected); }
  set selectedIndex(at) { choose(this, this.options[at]); }
  get value() { return this.options[this.selectedIndex]?.value ?? ""; }
  set value(value) { choose(this, optionsOf(this).find(option => option.value === String(value))); }
  item(at) { return this.options[at] ?? null; }
  add(option, before = null) { this.insertBefore(option, typeof before === "number" ? this.options[before] ?? null : before); }
}
reflect(HTMLSelectElement, { ...CONTROL_ATTRIBUTES, multiple: "flag", required: "flag" });
defineElement("select", HTMLSelectElement);

const optionsOf = list => select(list, "option");

/** Selects one option and no other; none where there is none. */
function choose(list, wanted) {
  for (const option of optionsOf(list)) control(option).selected = option === wanted;
  control(list).selected = wanted !== undefined;
}

class HTMLLabelElement extends HTMLElement {
  get control() { return this.hasAttribute("for") ? document.getElementById(this.htmlFor) : select(this, "*").find(element => element instanceof FormControl) ?? null; }
  get htmlFor() { return this.getAttribute("for") ?? ""; }
  set htmlFor(value) { this.setAttribute("for", value); }
  get form() { return this.control?.form ?? null; }
  click() { if (fire(this, clickEvent())) this.control?.click(); }
}
defineElement("label", HTMLLabelElement);

class HTMLFormElement extends HTMLElement {
  /** Its controls, in the order of the tree; by name too. */
  get elements() { return liveElements(this, "elements", () => controlsOf(this)); }
  get length() { return controlsOf(this).length; }
  requestSubmit(submitter = null) { if (fire(this, submitEvent(submitter))) leaveBy(this); }
  submit() { leaveBy(this); }
  reset() {
    if (!fire(this, new Event("reset", { bubbles: true, cancelable: true }))) return;
    for (const element of controlsOf(this)) {
      for (const held of [element, ...(element instanceof HTMLSelectElement ? optionsOf(element) : [])]) Object.assign(control(held), { value: null, checked: null, selected: null });
    }
  }
}
reflect(HTMLFormElement, { name: "text", action: "url", method: "text", target: "text" });
defineElement("form", HTMLFormElement);
defineHandlers(HTMLFormElement.prototype, "reset");

/** Where a form leads. */
function leaveBy(form) {
  const url = URL.parse(form.getAttribute("action") || document.baseURI, document.baseURI);
  if (!url) return;
  if (!/^(post|dialog)$/i.test(form.method)) url.search = new URLSearchParams(formEntries(form).map(([name, value]) => [name, value.name ?? value])).toString();
  if (/^post$/i.test(form.method)) tellOfLeaving(url.href);
  else if (!/^dialog$/i.test(form.method)) leadBy(form, url.href);
}

/** Lets script find the controls of forms as members of these, where a name is new. */
function nameControl(name) {
  if (name in HTMLFormElement.prototype) return;
  Object.defineProperty(HTMLFormElement.prototype, name, {
    configurable: true,
    get() { return this[NODE] === undefined ? undefined : namedIn(controlsOf(this), name); },
    set(value) { Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }); },
  });
}

const controlsOf = form => select(form.getRootNode(), "*").filter(element => element instanceof FormControl && element.form === form && element.type !== "image");

/** What a form would send, as pairs of names and values. */
function formEntries(form) {
  return controlsOf(form).flatMap(element => {
    const { name, type } = element;
    if (name === "" || element.disabled || ["submit", "button", "reset", "image"].includes(type)) return [];
    if (element instanceof HTMLSelectElement) return optionsOf(element).filter(option => option.selected && !option.disabled).map(option => [name, option.value]);
    if (type === "checkbox" || type === "radio") return element.checked ? [[name, element.value]] : [];
    if (type === "file") return [[name, new File([], "", { type: "application/octet-stream" })]];
    return [[name, element.value]];
  });
}

function Option(text = "", value, defaultSelected = false, selected = false) {
  const option = document.createElement("option");
  if (text !== "") option.textContent = text;
  if (value !== undefined) option.value = value;
  option.defaultSelected = defaultSelected;
  control(option).selected = Boolean(selected);
  return option;
}
Option.prototype = HTMLOptionElement.prototype;

expose({
  HTMLInputElement, HTMLTextAreaElement, HTMLButtonElement, HTMLOptionElement, HTMLSelectElement, HTMLLabelElement,
  HTMLFormElement, Option,
});

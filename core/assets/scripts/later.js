// Libraries that come only when somebody opens what needs them. Names are filled in by the build.
const { src, nonce } = document.currentScript;
const asked = new Map();

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => {
      element.remove();
      reject(new Error(`${element.src || element.href} could not be loaded`));
    });
    document.head.append(element);
  });
}

/** A script of ours by its name in the manifest; the policy lets it in by the nonce of this one. */
export function script(name) {
  return once(name, () =>
    loaded(Object.assign(document.createElement("script"), { nonce, src: new URL(LATER[name], src) })),
  );
}

/** A style sheet of ours by its name in the manifest. */
export function style(name) {
  return once(name, () =>
    loaded(Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL(LATER[name], src) })),
  );
}

function once(name, load) {
  if (!asked.has(name)) {
    const coming = load();
    coming.catch(() => asked.delete(name)); // to be tried again
    asked.set(name, coming);
  }
  return asked.get(name);
}

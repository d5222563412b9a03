// Makes and uses passkeys (W3C Web Authentication). A form says what it wants:
//   <form data-passkey="create|get" data-options="{JSON}">, with a hidden input `response`, and an element
//   `data-passkey-error` that is hidden and holds the words for a passkey that was not used.
// The credential goes into the input, and the form is sent as usual.
(() => {
  "use strict";

  const fromBase64url = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));

  const toBase64url = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const descriptors = (list) => (list || []).map((each) => ({ ...each, id: fromBase64url(each.id) }));

  const readOptions = (json, creates) => {
    const options = { ...json, challenge: fromBase64url(json.challenge) };
    if (creates) {
      options.user = { ...json.user, id: fromBase64url(json.user.id) };
      options.excludeCredentials = descriptors(json.excludeCredentials);
    } else {
      options.allowCredentials = descriptors(json.allowCredentials);
    }
    return options;
  };

  const writeCredential = (credential, creates) => {
    const { response } = credential;
    const parts = { clientDataJSON: toBase64url(response.clientDataJSON) };
    if (creates) {
      parts.attestationObject = toBase64url(response.attestationObject);
      parts.transports = response.getTransports ? response.getTransports() : [];
    } else {
      parts.authenticatorData = toBase64url(response.authenticatorData);
      parts.signature = toBase64url(response.signature);
      parts.userHandle = response.userHandle ? toBase64url(response.userHandle) : null;
    }
    return {
      id: credential.id,
      rawId: toBase64url(credential.rawId),
      type: credential.type,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: parts,
    };
  };

  const setUp = (form) => {
    const creates = form.dataset.passkey === "create";
    const input = form.querySelector("input[name=response]");
    const error = form.querySelector("[data-passkey-error]");
    const buttons = form.querySelectorAll("button[type=submit]");

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      error.hidden = true;
      buttons.forEach((button) => { button.disabled = true; });
      try {
        const publicKey = readOptions(JSON.parse(form.dataset.options), creates);
        const credential = await (creates
          ? navigator.credentials.create({ publicKey })
          : navigator.credentials.get({ publicKey }));
        input.value = JSON.stringify(writeCredential(credential, creates));
        form.submit();
      } catch (fault) {
        buttons.forEach((button) => { button.disabled = false; });
        error.hidden = false;
      }
    });
  };

  if (window.PublicKeyCredential) {
    document.querySelectorAll("form[data-passkey]").forEach(setUp);
  } else {
    document.querySelectorAll("[data-passkey-unsupported]").forEach((element) => { element.hidden = false; });
  }
})();

/** Moves the code of a sign-in link from the address, where it would stay in the history, into the form. */

const code = decodeURIComponent(location.hash.slice(1));
if (code) {
  history.replaceState(null, "", location.pathname);
  const form = document.getElementById("login");
  form.elements.code.value = code;
  form.requestSubmit();
}

// Looks whether what the page waits for is done, and then shows it. Without script the page reloads by itself.
const address = document.querySelector('[data-watch]').dataset.watch;

async function look() {
  const answer = await fetch(address, {headers: {Accept: 'application/json'}});
  if (!answer.ok || !(await answer.json()).going_on) location.reload();
  else setTimeout(look, 1000);
}

setTimeout(look, 1000);

"use strict";
const { ballot, voter } = document.body.dataset;
const pairs = [...document.querySelectorAll("section[data-pair]")];
const end = document.getElementById("end"), vote = document.getElementById("vote"), back = document.getElementById("back");
let chosen = [];
try { chosen = JSON.parse(localStorage.getItem(ballot + voter)) || []; } catch { chosen = []; }
function keep() { try { localStorage.setItem(ballot + voter, JSON.stringify(chosen)); } catch { /* private window: kept until it is closed */ } }
function show() {
  const at = chosen.length, over = at >= pairs.length;
  pairs.forEach((pair, n) => { pair.hidden = n !== at; });
  end.hidden = !over;
  back.hidden = at === 0;
  for (const part of vote.querySelectorAll("p, [data-choice]")) part.hidden = over;
  if (over) {
    const lines = pairs.map((pair, n) => JSON.stringify({ vote: { pair: pair.dataset.pair, voter, choice: chosen[n] } }) + "\n");
    document.getElementById("save").href = "data:application/jsonl;charset=utf-8," + encodeURIComponent(lines.join(""));
  }
  scrollTo(0, 0);
}
for (const button of vote.querySelectorAll("[data-choice]")) button.addEventListener("click", () => { chosen.push(button.dataset.choice); keep(); show(); });
back.addEventListener("click", () => { chosen.pop(); keep(); show(); });
show();

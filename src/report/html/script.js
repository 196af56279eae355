// The cursor that runs through all charts over time at once, and details opened for printing.
(() => {
  const root = document.documentElement;
  for (const figure of document.querySelectorAll(".timeline")) {
    const bins = Number(figure.dataset.bins);
    const step = Number(figure.dataset.step);
    const tracks = [...figure.querySelectorAll(".plot")];
    const cursors = figure.querySelectorAll(".cursor");
    const now = figure.querySelector(".now");
    // A legend lists its lines the other way round: the one drawn last lies on top and is named first.
    const lines = [...figure.querySelectorAll(".chart")].flatMap((chart) => {
      const outputs = [...chart.querySelectorAll("output")].reverse();
      return [...chart.querySelectorAll("path.line")].map((path, index) => ({
        output: outputs[index],
        values: path.dataset.values.split("|"),
      }));
    });
    const clock = (seconds) =>
      `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
    const show = (share) => {
      const bin = Math.min(bins - 1, Math.floor(share * bins));
      cursors.forEach((cursor) => {
        cursor.hidden = false;
        cursor.style.left = `${share * 100}%`;
      });
      lines.forEach(({ output, values }) => (output.textContent = values[bin] || "–"));
      now.hidden = false;
      now.style.left = `${share * 100}%`;
      now.textContent = clock(bin * step);
    };
    const hide = () => {
      cursors.forEach((cursor) => (cursor.hidden = true));
      lines.forEach(({ output }) => (output.textContent = ""));
      now.hidden = true;
    };
    for (const track of tracks) {
      track.addEventListener("pointermove", (event) => {
        const box = track.getBoundingClientRect();
        show(Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width)));
      });
      track.addEventListener("pointerleave", hide);
    }
  }
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => (details.open = true));
  });
  root.dataset.script = "ran";
})();

// Sets the remembered theme before the first paint; a classic script in the head, so nothing flashes.
(() => {
  const KEY = "stentor-theme";
  const CHOICES = ["system", "light", "dark"];

  const read = () => {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system"; // storage may be forbidden; the system's theme is then the answer
    }
  };

  const apply = (choice) => {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  };

  window.stentorTheme = {
    choices: CHOICES,
    get current() {
      const choice = read();
      return CHOICES.includes(choice) ? choice : "system";
    },
    set(choice) {
      try {
        localStorage.setItem(KEY, choice);
      } catch {
        // The theme still changes, it is only not remembered.
      }
      apply(choice);
    },
  };
  apply(window.stentorTheme.current);
  window.addEventListener("storage", (event) => event.key === KEY && apply(window.stentorTheme.current));
})();

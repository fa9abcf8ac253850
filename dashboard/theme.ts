/** Light or dark: what the user chose here, else what the system says; told to the style sheet as `data-theme`. */

export const themeChoices = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];
export type Theme = 'light' | 'dark';

const key = 'glockscope.theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

export const themeChoice = (): ThemeChoice => {
  const stored = localStorage.getItem(key);
  return themeChoices.find((choice) => choice === stored) ?? 'system';
};

export function chooseTheme(choice: ThemeChoice): Theme {
  localStorage.setItem(key, choice);
  return applyTheme();
}

/** Sets the theme that holds now, and says which it is. */
export function applyTheme(): Theme {
  const choice = themeChoice();
  const theme = choice === 'system' ? (systemIsDark.matches ? 'dark' : 'light') : choice;
  document.documentElement.dataset['theme'] = theme;
  return theme;
}

/** Calls back when the system changes between light and dark. */
export const onSystemTheme = (changed: () => void): void => systemIsDark.addEventListener('change', changed);

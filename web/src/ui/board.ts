// What a board shows, whatever stands on it.
export interface BoardCard {
  id: string; title: string; href: string | null;
  /** Below the title, in small. */
  lines: string[];
  /** At the foot, such as an amount. */
  figure: string;
  /** What is wrong with it, in words. */
  warning: string | null;
  /** Whoever looks may not move this one. */
  fixed: boolean;
}
export interface BoardColumn {
  id: string; title: string; count: number;
  /** Below the title, such as a sum. */
  sum: string; hint: string; cards: BoardCard[];
  /** An end, good or bad, shown in its colour. */
  end: 'won' | 'lost' | null;
}

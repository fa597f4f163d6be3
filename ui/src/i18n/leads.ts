/** A lead's score in words: the facts it is made of, and what became of earlier leads. */
import type { LeadFactor } from '../backend/bindings/LeadFactor';
import type { Odds } from '../backend/bindings/Odds';
import { m } from './index';
import { afterThai } from './spacing';
import { sourceName } from './words';

const FACTORS: Record<string, (value: string) => string> = {
  web_score: (score) => m.factor_web_score({ score }),
  asked_today: () => m.factor_asked_today(),
  asked_price: () => m.factor_asked_price(),
  replied: () => m.factor_replied(),
  known_customer: () => m.factor_known_customer(),
  source: (source) => m.factor_source({ source: afterThai(sourceName(source)) }),
  budget: () => m.factor_budget(),
};
const UNKNOWN: Record<string, () => string> = {
  web_score: m.unknown_web_score,
  source: m.unknown_source,
  budget: m.unknown_budget,
};

/** The fact alone. */
export function factorName({ factor, value }: LeadFactor): string {
  return FACTORS[factor]?.(value ?? '') ?? factor;
}

/** The fact with what became of earlier leads with it, for the line of a row. */
export function factorLine(factor: LeadFactor): string {
  const { odds } = factor;
  return odds ? `${factorName(factor)}: ${m.lead_odds({ bought: odds.bought, of: odds.of })}` : factorName(factor);
}

/** So many of so many bought, beside all leads. Below thirty outcomes there is no per cent anywhere: counts only. */
export function oddsOf(odds: Odds, all: Odds): string {
  const these = m.lead_odds({ bought: odds.bought, of: odds.of });
  return all.of > odds.of ? `${these} · ${m.lead_odds_all({ bought: all.bought, of: all.of })}` : these;
}

export function unknownNames(factors: readonly LeadFactor[]): string {
  return factors.map(({ factor }) => UNKNOWN[factor]?.() ?? factor).join(' · ');
}

/** A score in a word. */
export function chanceWord(score: number): string {
  if (score >= 75) return m.chance_high();
  if (score >= 55) return m.chance_rather_high();
  if (score >= 35) return m.chance_middle();
  return m.chance_low();
}

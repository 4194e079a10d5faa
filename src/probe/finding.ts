import type { FindingKind, Judgement } from './judge.ts'
import type { Answer, Send, Sent } from './send.ts'
import type { Target } from './target.ts'

/** What was tried: the name of an idea, and the end of a sentence about it. */
export interface Tried {
  readonly name: string
  readonly what: string
}

/** Something that was answered wrongly, with all the spellings in which it was. */
export interface Finding {
  readonly kind: FindingKind
  readonly target: Target
  readonly tried: Tried
  readonly spellings: readonly string[]
  /** What the first of them was answered. */
  readonly why: string
  /** Method and path of the first, as they were sent. Never holds a credential. */
  readonly asked: string
}

/** What was not tried, and why. */
export interface Untried {
  readonly what: string
  readonly why: string
}

/** What is asked of one route, and what was wrong with the answers. */
export interface Conversation {
  readonly target: Target
  readonly ask: Send
  note(judgement: Judgement, tried: Tried, spelling: string, sent: Sent): void
  readonly findings: readonly Finding[]
  /** How many answers there were. */
  readonly answers: number
  readonly untried: Untried[]
}

/** Findings of one kind by one idea are one finding. */
export function startConversation(target: Target, send: Send): Conversation {
  const findings: Finding[] = []
  let answers = 0
  return {
    target,
    ask(sent): Promise<Answer> {
      answers += 1
      return send(sent)
    },
    note(judgement, tried, spelling, sent) {
      if (judgement === undefined) return
      const { kind, why } = judgement
      const index = findings.findIndex((other) => other.kind === kind && other.tried.name === tried.name)
      const known = findings[index]
      if (known !== undefined) {
        findings[index] = { ...known, spellings: [...known.spellings, spelling] }
        return
      }
      findings.push({ kind, target, tried, spellings: [spelling], why, asked: `${sent.method} ${sent.path}` })
    },
    findings,
    untried: [],
    get answers() {
      return answers
    },
  }
}

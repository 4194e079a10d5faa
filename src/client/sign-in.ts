export { answerChallenge, type ChallengeAnswer, type PasskeySignIn, signInWithPasskey } from './challenge.ts'
export { finishSignIn, type RedirectSignIn, signInWithPopup, signInWithRedirect } from './code-flow.ts'
export { type DevicePrompt, type DeviceSignIn, signInWithDevice } from './device.ts'
export { type StepUp, stepUpOf } from './step-up.ts'

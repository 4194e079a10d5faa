// All awkward strings, and chance more often.
import '../flows/bad-input.test.ts'

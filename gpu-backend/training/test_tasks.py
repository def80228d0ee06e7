"""python -m unittest discover -s gpu-backend/training"""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import rewards
import tasks
import tokenizer

PUZZLE = tasks.Puzzle((3, 7, 12, 20), 45)
SOLUTION = "20 - 12 = 8 | 3 7 8\n8 + 7 = 15 | 3 15\n15 * 3 = 45 | 45"
CHAIN = tasks.Chain(37, (("+", 48), ("*", 2), ("-", 15)))


class Checker(unittest.TestCase):
    def test_puzzle(self):
        for text, correct in [
            (SOLUTION, True),
            (SOLUTION.replace("8 + 7", "7 + 8").replace("3 7 8", "8 7 3"), True),  # any order
            (SOLUTION + "\n", False),  # nothing follows the last line
            (SOLUTION.replace("= 15 |", "= 16 |"), False),  # wrong arithmetic
            (SOLUTION.replace("3 7 8", "7 8"), False),  # a number lost
            (SOLUTION.replace("3 7 8", "03 7 8"), False),
            ("20 + 12 = 32 | 3 7 32\n32 + 7 = 39 | 3 39\n39 + 3 = 42 | 42", False),  # another target
            ("20 - 12 = 8 | 3 7 8\n8 + 7 = 15 | 3 15", False),  # unfinished
            ("45 | 45", False),
            ("", False),
        ]:
            self.assertEqual(tasks.is_correct(PUZZLE, text), correct, text)

    def test_no_negative_and_exact_division_only(self):
        self.assertIsNone(tasks.apply(3, "-", 7))
        self.assertIsNone(tasks.apply(7, "/", 3))
        self.assertIsNone(tasks.apply(7, "/", 0))
        self.assertEqual(tasks.apply(21, "/", 3), 7)

    def test_a_number_is_used_once(self):
        self.assertFalse(tasks.is_correct(tasks.Puzzle((5, 9), 25), "5 * 5 = 25 | 25"))
        self.assertTrue(tasks.is_correct(tasks.Puzzle((5, 5), 25), "5 * 5 = 25 | 25"))

    def test_chain(self):
        self.assertEqual(CHAIN.prompt, "Start with 37, add 48, multiply by 2, subtract 15.")
        text = "37 + 48 = 85\n85 * 2 = 170\n170 - 15 = 155\nAnswer: 155"
        self.assertEqual("\n".join(tasks.chain_lines(CHAIN)), text)
        self.assertTrue(tasks.is_correct(CHAIN, text))
        self.assertFalse(tasks.is_correct(CHAIN, text.replace("Answer: 155", "Answer: 156")))
        self.assertFalse(tasks.is_correct(CHAIN, text + "."))
        self.assertEqual(tasks.step_labels(CHAIN, text.replace("= 170", "= 180")), [1, 0, 0, 0])

    def test_prompts_are_read_back(self):
        rng = np.random.default_rng(3)
        for problem, _ in [*tasks.random_puzzles(rng, 20, 4, "train"), *tasks.random_chains(rng, 20, "train")]:
            self.assertEqual(tasks.parse_prompt(problem.prompt), problem)


class Reach(unittest.TestCase):
    def test_five_numbers(self):
        self.assertTrue(tasks.within_reach((1, 2, 3, 4, 5), 95))
        self.assertEqual(tasks.reachable((2, 3)), frozenset({1, 5, 6}))
        self.assertNotIn(99, tasks.reachable((1, 1, 1, 1, 1)))

    def test_both_ways_agree(self):
        rng = np.random.default_rng(4)
        states = [tuple(int(x) for x in rng.integers(0, 60, int(rng.integers(1, 6)))) for _ in range(120)]
        targets = [int(x) for x in rng.integers(10, 100, len(states))]
        many = tasks.within_reach_many(states, targets)
        for state, target, fast in zip(states, targets, many):
            self.assertEqual(tasks.within_reach(state, target), bool(fast), (state, target))

    def test_step_labels(self):
        self.assertEqual(tasks.step_labels(PUZZLE, SOLUTION), [1, 1, 1])
        self.assertEqual(tasks.step_labels(PUZZLE, SOLUTION[: SOLUTION.index("15 * 3")]), [1, 1])
        # valid, and nothing makes 45 of 3 and 56
        dead = "20 - 12 = 8 | 3 7 8\n8 * 7 = 56 | 3 56\n"
        self.assertEqual(tasks.step_labels(PUZZLE, dead), [1, 0])
        self.assertEqual(tasks.step_labels(PUZZLE, SOLUTION.replace("= 8 | 3 7 8", "= 9 | 3 7 9")), [0, 0, 0])

    def test_every_step_of_a_right_solution_is_right(self):
        rng = np.random.default_rng(5)
        for size in (3, 4, 5):
            rows = [(p, p.prompt, s) for p, s in tasks.random_puzzles(rng, 20, size, "train")]
            for example in rewards.label(rows):
                self.assertEqual((example.correct, set(example.labels)), (1, {1}))


class Splits(unittest.TestCase):
    def test_disjoint(self):
        rng = np.random.default_rng(6)
        seen = {}
        for split in ("train", "validation", "held-out"):
            pairs = [*tasks.random_puzzles(rng, 150, 3, split), *tasks.random_chains(rng, 100, split)]
            for problem, _ in pairs:
                self.assertEqual(seen.setdefault(problem.canonical, split), split)
        self.assertEqual(set(seen.values()), {"train", "validation", "held-out"})

    def test_the_order_of_the_numbers_does_not_change_the_split(self):
        self.assertEqual(tasks.Puzzle((20, 3, 12, 7), 45).canonical, PUZZLE.canonical)


class Tokens(unittest.TestCase):
    def test_text_comes_back(self):
        encoder = tokenizer.build()
        text = f"{PUZZLE.prompt}\n{SOLUTION}{CHAIN.prompt}\nAnswer: 155"
        self.assertEqual(encoder.decode(encoder.encode(text).ids), text)

    def test_a_strange_character_is_seen(self):
        self.assertEqual(tokenizer.build().encode("1x2").ids.count(tokenizer.UNK), 1)

    def test_step_ends(self):
        ids = tokenizer.build().encode("1 + 2 = 3\n3").ids
        self.assertEqual(rewards.step_ends(ids), [5, 6])
        self.assertEqual(rewards.step_ends(ids[:6]), [5])


if __name__ == "__main__":
    unittest.main()

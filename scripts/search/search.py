# SPDX-License-Identifier: Apache-2.0
"""A search over the points of a sweep with Optuna: NSGA-II for several goals, TPE for one, random as a control.

Suggestions come from Optuna; one that has run before is answered from what it gave, and where neighbours of the best
points are untried, one of them is tried next: on a grid, a population that has found its best repeats itself.
Everything lies in the study's storage, so a search goes on where it stopped.
"""

import concurrent.futures
import dataclasses
import hashlib
import json
import random
import warnings

import optuna

import goals as goals_module
from space import Outcome, SearchError

POPULATION = 10
BEYOND = 1e9  #: excess of what gave no value
SUGGESTIONS_PER_RUN = 50  #: a small space is exhausted before the trials are
OUTCOME = "outcome"  #: attribute of a trial: one, because storage makes each durable by itself


class Search:
    """One study and what its points gave."""

    def __init__(self, space, goals, limits, options):
        self.space, self.goals, self.limits, self.options = space, goals, limits, options
        self.outcomes = {}  #: position -> Outcome
        self.failures = 0
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        self.study = self._open()

    def _identity(self):
        """What must be equal for a study to go on."""
        keys = [[list(position), point["key"]] for position, point in self.space.points.items()]
        wanted = [[goal.metric, goal.maximise] for goal in self.goals]
        text = json.dumps([keys, wanted, [limit.text for limit in self.limits]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _sampler(self, earlier):
        seed = self.options.seed + earlier  # resumed: not the same suggestions again
        name = self.options.sampler or ("tpe" if len(self.goals) == 1 else "nsga2")
        if name == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        constraints = self._excesses if self.limits else None
        if name == "tpe":
            return optuna.samplers.TPESampler(seed=seed, constraints_func=constraints)
        return optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed, constraints_func=constraints)

    def _open(self):
        path = self.options.study
        if path.exists() and not self.options.resume:
            raise SearchError(f"{path} exists; --resume goes on with it")
        path.parent.mkdir(parents=True, exist_ok=True)
        study = optuna.create_study(storage=f"sqlite:///{path}", study_name="handset", load_if_exists=True,
                                    directions=["minimize"] * len(self.goals))
        known = study.user_attrs.get("identity")
        if known not in (None, self._identity()):
            raise SearchError(f"{path} is a search over other points, goals or constraints")
        study.set_user_attr("identity", self._identity())
        for trial in study.get_trials(deepcopy=False):
            if trial.state == optuna.trial.TrialState.RUNNING:  # of a search that was ended
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            elif OUTCOME in trial.user_attrs:
                self.outcomes.setdefault(self._position_of(trial), Outcome(**trial.user_attrs[OUTCOME]))
        study.sampler = self._sampler(len(study.get_trials(deepcopy=False)))
        return study

    def _position_of(self, trial):
        return tuple(trial.params[f"d{d}"] for d in range(len(self.space.choices)))

    def _excesses(self, trial):
        outcome = self.outcomes.get(self._position_of(trial))
        if outcome is None or outcome.error:
            return [BEYOND] * len(self.limits)
        return [limit.excess(outcome) for limit in self.limits]

    def _ask(self):
        trial = self.study.ask()
        return trial, tuple(trial.suggest_int(f"d{d}", 0, len(choices) - 1)
                            for d, choices in enumerate(self.space.choices))

    def _tell(self, trial, position):
        """Hands the outcome of a trial to Optuna; without a value to learn from it is pruned."""
        outcome = self.outcomes.get(position)
        if outcome is not None:
            trial.set_user_attr(OUTCOME, dataclasses.asdict(outcome))
        if outcome is None or outcome.error:  # None: excluded by the sweep file
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return
        self.study.tell(trial, [goal.cost(outcome) for goal in self.goals])

    def feasible(self):
        """(position, costs) of the points that ran and keep all limits, in the order of the file."""
        found = []
        for position in self.space.points:
            outcome = self.outcomes.get(position)
            if outcome and not outcome.error and all(limit.excess(outcome) <= 0 for limit in self.limits):
                found.append((position, tuple(goal.cost(outcome) for goal in self.goals)))
        return found

    def front(self):
        """Positions of the best points, ordered by the first goal."""
        found = self.feasible()
        return [found[i][0] for i in goals_module.front_of([costs for _, costs in found])]

    def _enqueue_neighbour(self, asked, number):
        """An untried neighbour of a best point, else of the point that was asked for again."""
        centres = self.front()
        for positions in (centres, [asked]):
            untried = sorted({near for centre in positions for near in self.space.neighbours(centre)}
                             - set(self.outcomes))
            if untried:
                chosen = random.Random(f"{self.options.seed} {number}").choice(untried)
                self.study.enqueue_trial({f"d{d}": place for d, place in enumerate(chosen)})
                return

    def run(self, runner, progress):
        """Until the wanted number of points ran, the space is exhausted or nothing new is suggested. The points of a
        batch are told in the order in which they were asked for: equal seeds and jobs give equal searches."""
        wanted = min(self.options.trials, len(self.space.points))
        left = SUGGESTIONS_PER_RUN * wanted
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            while len(self.outcomes) < wanted and left > 0:
                asked, running = [], {}
                while len(asked) < self.options.jobs and len(self.outcomes) + len(running) < wanted and left > 0:
                    left -= 1
                    trial, position = self._ask()
                    asked.append((trial, position))
                    if position in self.space.points and position not in self.outcomes and position not in running:
                        running[position] = pool.submit(runner.run, self.space.points[position])
                    elif self.options.sampler != "random":
                        self._enqueue_neighbour(position, trial.number)
                for position, future in running.items():
                    self.outcomes[position] = future.result()
                    progress(self, position)
                for trial, position in asked:
                    self._tell(trial, position)

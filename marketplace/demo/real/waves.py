"""Orders that move together: what happens to a wave on each of its days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core import clock
from marketplace.demo.client import DemoClient
from marketplace.demo.real import claiming, trading
from marketplace.demo.real.agenda import Agenda
from marketplace.demo.real.cast import Cast
from marketplace.demo.real.deals import Deal, Stage
from marketplace.demo.real.outcome import Outcome
from marketplace.demo.real.show import Teller
from marketplace.demo.real.timeline import Wave
from vouchers.states import ClaimState


@dataclass(frozen=True)
class Waves:
    """Carries waves out. ``deals`` lists may grow until their wave is placed: scenes add orders of their own."""

    client: DemoClient
    people: Cast
    teller: Teller
    outcome: Outcome

    def schedule(self, agenda: Agenda, wave: Wave, deals: list[Deal]) -> None:
        """Note everything from placing to the provincial confirmation."""

        def each(step: Callable[[Deal], None]) -> Callable[[], None]:
            return lambda: self._each(step, deals)

        agenda.at(wave.placed, 14, lambda: self._place(wave, deals))
        agenda.at(wave.placed, 17, each(lambda deal: trading.cancel_at(self.client, deal, Stage.PLACED)))
        agenda.at(wave.accepted, 9, each(self._conclude))
        agenda.at(wave.served, 8, each(self._serve))
        agenda.at(wave.completed, 9, each(self._finish))
        agenda.at(wave.submitted, 17, each(lambda deal: claiming.hand_in(self.client, deal, self.people)))
        agenda.at(wave.reviewed, 11, each(lambda deal: claiming.review(self.client, deal)))
        agenda.at(wave.resubmitted, 15, each(lambda deal: claiming.mend(self.client, deal)))
        agenda.at(wave.dispatched, 16, lambda: self._send_up(wave, deals))
        agenda.at(wave.confirmed, 9, lambda: self._confirm(wave, deals))
        agenda.at(wave.unanswered, 1, lambda: self._lapse(wave, deals))

    def place(self, deals: Sequence[Deal]) -> None:
        """One after the other, so that the order of the story is the order of the books."""
        for deal in self.teller.following("placing orders", deals, total=len(deals)):
            if deal.order_id == 0:
                trading.place(self.client, deal)

    def _place(self, wave: Wave, deals: Sequence[Deal]) -> None:
        self.teller.chapter(f"{clock.today(clock.now())}: {wave.name}")
        self.place(deals)

    def _each(self, step: Callable[[Deal], None], deals: Sequence[Deal]) -> None:
        self.client.each(step, [deal for deal in deals if deal.is_running])

    def _conclude(self, deal: Deal) -> None:
        """The provider's answer, the contract and the payment, as far as the order comes."""
        trading.answer(self.client, deal)
        trading.cancel_at(self.client, deal, Stage.ACCEPTED)
        if deal.is_running:
            trading.contract(self.client, deal)
            trading.cancel_at(self.client, deal, Stage.CONTRACTED)
        if deal.is_running:
            trading.pay(self.client, deal)
            trading.cancel_at(self.client, deal, Stage.PAID)

    def _serve(self, deal: Deal) -> None:
        trading.start(self.client, deal)
        trading.cancel_at(self.client, deal, Stage.IN_SERVICE)

    def _finish(self, deal: Deal) -> None:
        trading.deliver(self.client, deal)
        trading.complete(self.client, deal)

    def _send_up(self, wave: Wave, deals: Sequence[Deal]) -> None:
        sent = claiming.send_up(self.client, deals)
        self.outcome.summaries += sent
        self.teller.say(f"{wave.name}: {sent} cities sent up their stamped summaries")

    def _confirm(self, wave: Wave, deals: Sequence[Deal]) -> None:
        claiming.decide(self.client, deals)
        confirmed = sum(1 for deal in deals if deal.claim_state is ClaimState.CONFIRMED)
        self.teller.say(f"{wave.name}: {len(deals)} orders, {confirmed} claims confirmed by the province")

    def _lapse(self, wave: Wave, deals: Sequence[Deal]) -> None:
        lapsed = trading.lapse(deals)
        self.teller.say(f"{wave.name}: {lapsed} orders lapsed unanswered")

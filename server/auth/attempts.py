"""How often somebody may try what can be guessed: a password, an address that gets mail."""

import hashlib

from server.errors import RateLimited
from server.limits.rates import network
from server.limits.windows import Allowance, Counters, Hit


class Attempts:
    """An allowance for each account and one for each address."""

    def __init__(self, counters: Counters, by_account: str, by_address: str) -> None:
        # The library counts two limits at a time; these are one.
        self._by_account = Allowance("account", by_account, by_account)
        self._by_address = Allowance("address", by_address, by_address)
        self._counters = counters

    async def spend(self, address: str | None, account: str) -> None:
        """One attempt from an address at an account, whether there is such an account or not; RATE_LIMITED
        for one too many. The account's limit is there for whoever tries from many addresses.
        """
        name = hashlib.sha256(account.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:32]
        for who, allowance in (
            (f"address:{network(address) if address else None}", self._by_address),
            (f"account:{name}", self._by_account),
        ):
            standing = await self._counters.count(Hit(f"attempt:{who}", allowance, 1))
            if standing.passed < len(allowance.limits):
                most, length = allowance.sizes[standing.passed]
                wait = max(1, round(standing.windows[standing.passed].wait(1, most, length)))
                raise RateLimited(
                    f"There were too many attempts. Come back in {wait:,} seconds.", retryAfter=wait
                )

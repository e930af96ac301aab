"""permessage-deflate, as tasks have it."""

from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
    PerMessageDeflateResponseAccept,
)


def options_of_client(task):
    """Options of a client's factory: what it offers, and how it takes the answer."""
    compression = task.get("compression")
    if compression is None:
        return {}
    bits = compression.get("clientMaxWindowBits")
    no_context_takeover = compression.get("clientNoContextTakeover", False)
    offer = PerMessageDeflateOffer(
        accept_no_context_takeover=no_context_takeover,
        accept_max_window_bits=bits is not None,
        request_no_context_takeover=compression.get("serverNoContextTakeover", False),
        request_max_window_bits=compression.get("serverMaxWindowBits", 0),
    )

    def accept(response):
        window_bits = None
        if type(bits) is int:  # it cannot offer it, but keep to it
            window_bits = min(bits, response.client_max_window_bits or 15)
        no_takeover = response.client_no_context_takeover or no_context_takeover
        return PerMessageDeflateResponseAccept(response, no_context_takeover=no_takeover, window_bits=window_bits)

    return {"perMessageCompressionOffers": [offer], "perMessageCompressionAccept": accept}


def accept_of_server(task):
    """How a server answers offers."""
    compression = task.get("compression")
    if compression is None:
        return lambda offers: None
    bits = compression.get("clientMaxWindowBits")
    server_bits = compression.get("serverMaxWindowBits")

    def accept(offers):
        offer = offers[0]
        asks_for_bits = type(bits) is int and offer.accept_max_window_bits
        no_takeover = compression.get("clientNoContextTakeover", False) and offer.accept_no_context_takeover
        return PerMessageDeflateOfferAccept(
            offer,
            request_no_context_takeover=no_takeover,
            request_max_window_bits=bits if asks_for_bits else 0,
            no_context_takeover=compression.get("serverNoContextTakeover", False) or offer.request_no_context_takeover,
            window_bits=min(server_bits or 15, offer.request_max_window_bits or 15),
        )

    return accept

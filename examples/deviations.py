"""Read what a strict reader refuses, and say what was wrong: ``python examples/deviations.py``."""

from datetime import datetime

import isoill


def sent_by_an_old_system() -> bytes:
    """A Recall whose APPLICATION tag replaces the SEQUENCE instead of wrapping it, as Biblio::ILL writes it."""
    recall = isoill.Recall(
        protocol_version_num=2,
        transaction_id=isoill.TransactionId(transaction_group_qualifier="2026-00142", transaction_qualifier="1"),
        service_date_time=isoill.ServiceDateTime.of(datetime(2026, 12, 1, 11, 0)),
        responder_note="Another reader waits.",
    )
    octets = isoill.encode(recall)
    return bytes([octets[0], octets[1] - 2]) + octets[4:]  # without 30 and its length


def read(data: bytes) -> isoill.ILLAPDU:
    """Strictly if possible; else with a line for each thing that should be otherwise."""
    try:
        return isoill.decode(data)
    except isoill.DecodeError as error:
        print(f"refused: {error}")
    examination = isoill.examine(data)
    for deviation in examination.deviations:
        print(f"{deviation.reason.name}: {deviation}")
    return examination.apdu


def main() -> None:
    """Read it, and write it as it should be."""
    data = sent_by_an_old_system()
    apdu = read(data)
    print(f"came as {data[:4].hex(' ')}, goes as {isoill.encode(apdu)[:4].hex(' ')}")


if __name__ == "__main__":
    main()

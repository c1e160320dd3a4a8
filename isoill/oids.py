"""Object identifiers that ISO ILL messages carry, and what each is called."""

__all__ = ["OID_NAMES"]

#: Name of each object identifier, as the Maintenance Agency's registers and their users write it.
OID_NAMES = {
    "1.0.10161.2.1": "ISO-10161-ILL-1",
    "1.0.10161.4.1000.2.1": "OCLC-ILL-Service",
    "1.0.10161.6.1": "IPIG-System-Number",
    "1.0.10161.7.2": "Item-Language-Translation",
    "1.0.10161.8.1000.2.1": "OCLC-Specific-Results",
    "1.0.10161.9.1.1": "e-delivery by SMTP",
    "1.0.10161.9.1.2": "e-delivery by FTP",
    "1.0.10161.9.2": "e-delivery by fax",
    "1.0.10161.10.1000.7.1": "JEDDS-ILL-Edelivery-Parameters",
    "1.0.10161.13.1": "OCLC-Prism-ILL-Error",
    "1.0.10161.13.2": "OCLC-ILL-Request-Extension",
    "1.0.10161.13.3": "APDU-Delivery-Info",
    "1.0.10161.13.4": "ILL-Supplemental-Client-Info",
    "1.0.10161.13.5": "Forwarded-Additional-Info",
    "1.0.10161.13.6": "IPIG-Additional-User-Error-Information",
    "1.0.10161.13.7": "Suppliers-Reference",
    "1.0.10161.13.8": "Internal-Reference-Number",
    "1.0.10161.13.9": "IPIG-ILL-Request-Extension",
    "1.0.10161.13.10": "IPIG-Conditional-Reply-Extension",
    "1.0.10161.13.1000.2.3": "Requester-Notification-Extension",
    "1.0.10161.13.1000.2.4": "Patron-Request-Extension",
    "1.0.10161.13.1000.2.5": "Service-Request-Extension",
    "1.0.10161.13.1000.2.6": "OCLC-Shipped-Extension",
    "1.0.10161.13.1000.2.7": "Intermediary-Control",
    "1.2.124.10161.1": "Canadian national-bibliography-no",
    "1.2.124.10161.2": "Canadian system-no",
    "1.2.840.10003.5.10": "MARC 21",
    "1.2.840.10003.8.1": "Z39.50 access control, prompt-1",
}

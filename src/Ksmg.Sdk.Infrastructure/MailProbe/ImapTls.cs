namespace Ksmg.Sdk.Infrastructure;

/// <summary>How a mailbox is reached in TLS; it is never reached without.</summary>
public enum ImapTls
{
    /// <summary>STARTTLS on port 143, TLS from the first byte on any other.</summary>
    ByPort,

    /// <summary>TLS from the first byte.</summary>
    Implicit,

    /// <summary>STARTTLS, or not at all.</summary>
    StartTls,
}

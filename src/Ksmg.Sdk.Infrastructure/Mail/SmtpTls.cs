namespace Ksmg.Sdk.Infrastructure;

/// <summary>Whether mail is handed over in TLS. There is no encryption without verification.</summary>
public enum SmtpTls
{
    /// <summary>
    /// In TLS where the server offers STARTTLS and a fingerprint or roots are configured for it: its certificate must then be the right
    /// one. In the clear otherwise, and the answer says so. Good for test messages, which hold nothing worth hiding.
    /// </summary>
    WhenOffered,

    /// <summary>
    /// In TLS or not at all: from the first byte on port 465, by STARTTLS on any other. Without a fingerprint or roots the machine's
    /// certificate store decides.
    /// </summary>
    Required,

    /// <summary>In TLS from the first byte, on whatever port.</summary>
    Implicit,

    /// <summary>In the clear.</summary>
    Never,
}

namespace Ksmg.Sdk;

/// <summary>The node presents a certificate that is not trusted, or another one than pinned. Nothing was sent to it.</summary>
public sealed class KsmgCertificateException : KsmgApiException
{
    /// <summary>Creates the exception.</summary>
    public KsmgCertificateException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The fingerprint of the certificate the node presents, <c>sha256:…</c>.</summary>
    public string? PresentedFingerprint { get; init; }

    /// <summary>The pinned fingerprints; empty where a root decides.</summary>
    public IReadOnlyList<string> ExpectedFingerprints { get; init; } = [];
}

namespace Ksmg.Sdk;

/// <summary>The state of a node's license. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct LicenseState(string Value)
{
    /// <summary>The license is valid.</summary>
    public static LicenseState Active { get; } = new("active");

    /// <summary>The license is valid and ends soon.</summary>
    public static LicenseState Expiring { get; } = new("expiring");

    /// <summary>The license has ended, and for a while everything works on.</summary>
    public static LicenseState GracePeriod { get; } = new("gracePeriod");

    /// <summary>The commercial license has ended: mail is scanned, databases are not updated any more.</summary>
    public static LicenseState Expired { get; } = new("expired");

    /// <summary>The trial license has ended: mail is not scanned.</summary>
    public static LicenseState TrialExpired { get; } = new("trialExpired");

    /// <summary>The key is on the vendor's deny list: mail is not scanned.</summary>
    public static LicenseState Blacklisted { get; } = new("blacklisted");

    /// <summary>The key is not valid: mail is not scanned.</summary>
    public static LicenseState Invalid { get; } = new("invalid");

    /// <summary>There is no license: mail is not scanned.</summary>
    public static LicenseState Missing { get; } = new("missing");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}

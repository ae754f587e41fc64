namespace Ksmg.Sdk;

/// <summary>The state of a node's license. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct LicenseState(string Value)
{
    /// <summary>The license is valid.</summary>
    public static LicenseState Active { get; } = new("active");

    /// <summary>The license is valid and ends soon.</summary>
    public static LicenseState Expiring { get; } = new("expiring");

    /// <summary>The license has ended.</summary>
    public static LicenseState Expired { get; } = new("expired");

    /// <summary>There is no license.</summary>
    public static LicenseState Missing { get; } = new("missing");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}

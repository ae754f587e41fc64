namespace Ksmg.Sdk.Upgrades;

/// <summary>When the former Control node is made Secondary.</summary>
public enum DemoteFormerControl
{
    /// <summary>Right before its own update, as the vendor documents it.</summary>
    BeforeItsUpdate,

    /// <summary>As soon as the first upgraded node is Control and serves: a short time with two Control nodes instead of a long one.</summary>
    WhenPromoted,
}

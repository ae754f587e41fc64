namespace Ksmg.Sdk.Upgrades;

/// <summary>What happens to SMTP sessions that outlast <see cref="UpgradePolicy.SessionTimeout"/>.</summary>
public enum SessionsLeftAction
{
    /// <summary>A human is asked.</summary>
    Ask,

    /// <summary>They are closed; senders repeat what was not answered.</summary>
    Close,
}

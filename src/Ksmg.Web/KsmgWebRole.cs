namespace Ksmg.Web;

/// <summary>What somebody may do on the page.</summary>
public enum KsmgWebRole
{
    /// <summary>Look.</summary>
    Reader,

    /// <summary>Look, and decide: approve, pause, park, skip, abort, roll back, waive a check.</summary>
    Operator,
}

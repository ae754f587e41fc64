namespace Ksmg.Web;

/// <summary>Why a call is not carried out.</summary>
/// <param name="Status">The status of the answer.</param>
/// <param name="Text">One sentence.</param>
/// <param name="After">When it is worth another try.</param>
internal sealed record Refusal(int Status, string Text, TimeSpan? After = null);

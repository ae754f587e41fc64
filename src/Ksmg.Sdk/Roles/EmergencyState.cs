namespace Ksmg.Sdk;

/// <summary>Whether a node sees more than one Control node (<em>emergency mode</em>).</summary>
/// <param name="IsEmergency">Whether emergency mode is on.</param>
/// <param name="Controls">The addresses of the nodes seen as Control.</param>
public sealed record EmergencyState(bool IsEmergency, IReadOnlyList<string> Controls);

using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>
/// What a node writes of what happens on it, in CEF with the build that it runs. The names with <c>LMS_EV_</c> and the keys are documented;
/// the names with <c>LMS_AUDIT_</c> and all texts are assumed.
/// </summary>
internal static class NodeEvents
{
    // What a person in the web interface, and a client, look like from the node.
    private const string Person = "suser=Administrator src=192.0.2.10";

    /// <summary>The event of an effect; <see langword="null"/> where the product has none, or nobody is there to write it.</summary>
    public static string? Of(SimulatedNode node, SimulatedEffect effect)
    {
        string who = effect.Cause == EffectCause.Appliance ? string.Empty : Person + " ";
        return effect.Effect switch
        {
            "settings-edited" => Line(node, "LMS_EV_SETTINGS_CHANGED", "task settings changed", who + "outcome=Success"),
            "settings-synchronized" => Line(node, "LMS_EV_SETTINGS_CHANGED", "task settings changed", "cn1=1"),
            "receiving-switched" or "sending-switched" =>
                Line(node, "LMS_AUDIT_MTA_SETTINGS", effect.Effect.Replace('-', ' '), $"{who}outcome=Success act={effect.Detail}"),
            "role-assigned" => Line(node, "LMS_AUDIT_CLUSTER", "node role assigned", $"{who}outcome=Success act={effect.Detail}"),
            "session-opened" => Line(node, "LMS_AUDIT_AUTHENTICATION", "login", who + "outcome=Success"),
            "login-refused" => Line(node, "LMS_AUDIT_AUTHENTICATION", "login", $"{who}outcome={effect.Detail ?? "AuthFailed"}"),
            "restart-ended" => Line(node, "LMS_EV_PRODUCT_STARTED", "product started", "cn1=1"),
            _ => null,
        };
    }

    /// <summary>The databases are in another state, or a process of the product has failed.</summary>
    public static string Of(SimulatedNode node, DatabasesState databases) => Line(
        node,
        "LMS_EV_AV_BASES_" + (databases == DatabasesState.UpToDate ? "UP_TO_DATE" : databases == DatabasesState.Obsolete ? "OBSOLETED" : "OUT_OF_DATE"),
        "databases " + databases,
        "cn1=1");

    public static string Crashed(SimulatedNode node, string service) => Line(node, "LMS_EV_PROCESS_CRASHED", "process crashed", "sproc=" + service);

    private static string Line(SimulatedNode node, string name, string text, string extension)
    {
        string header = string.Create(CultureInfo.InvariantCulture, $"<134>{node.Clock:MMM} {node.Clock.Day,2} {node.Clock:HH:mm:ss} {node.HostName} KSMG:");
        return $"{header} CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|{node.Build}|{name}|{text}|Low|{extension}";
    }
}

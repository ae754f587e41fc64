namespace Ksmg.Sdk.Tests.Support;

/// <summary>What the simulator finds in a configuration before it writes one, and keeps: nobody has to watch for two seconds what is simulated.</summary>
internal static class BriefSoak
{
    public static void Prepare(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "cluster.json"), """{ "Ksmg": { "Policy": { "Soak": "00:00:00.2000000" } } }""");
    }
}

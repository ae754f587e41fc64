namespace Ksmg.Simulator;

/// <summary>Texts that are part of the assembly.</summary>
internal static class Resource
{
    /// <param name="path">Where it stands in the project.</param>
    public static string Text(string path)
    {
        using Stream stream = typeof(Resource).Assembly.GetManifestResourceStream("Ksmg.Simulator." + path.Replace('/', '.'))
            ?? throw new InvalidOperationException($"{path} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

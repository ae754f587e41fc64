using System.Diagnostics;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Programs that can be started as soon as they are written. What this process writes itself is still open for writing in whatever another test starts
/// meanwhile, until that has become what it is to be; and the system starts no file that is: "Text file busy".
/// </summary>
internal static class ProgramFile
{
    public static void Write(string path, string text)
    {
        string source = path + ".text";
        File.WriteAllText(source, text);
        using (Process install = Process.Start("install", ["-m", "700", source, path]))
        {
            Assert.True(install.WaitForExit(Eventually.Limit) && install.ExitCode == 0, path);
        }

        File.Delete(source);
    }
}

using Ksmg.Sdk.Tests;
using SharpFuzz;

OutsideInputs? inputs = null;
switch (args)
{
    case ["kinds"]:
        inputs = new OutsideInputs();
        Console.WriteLine(string.Join('\n', inputs.Kinds.Select(kind => kind.Name)));
        return 0;

    case ["seed", string kind, string file]:
        await File.WriteAllBytesAsync(file, Find(kind).Good);
        return 0;

    case ["judge", string kind, string file]:
        Console.WriteLine(Find(kind).Judge(await File.ReadAllBytesAsync(file)) ?? "nothing is wrong with it");
        return 0;

    case ["fuzz", string kind]:
        // Instrumented code may run only in here: before, there is nowhere to write what it passes.
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream copy = new();
            stream.CopyTo(copy);

            // What is wrong is thrown: that is what a fuzzer sees.
            if (Find(kind).Judge(copy.ToArray()) is { } fault)
            {
                throw new InvalidOperationException(fault);
            }
        });
        return 0;

    default:
        Console.Error.WriteLine("usage: Ksmg.Sdk.Fuzz kinds | seed KIND FILE | judge KIND FILE | fuzz KIND");
        return 2;
}

OutsideInput Find(string kind) => (inputs ??= new OutsideInputs()).Kinds.Single(k => k.Name == kind);

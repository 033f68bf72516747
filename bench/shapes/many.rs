// An interface of 200 methods: 50 take an order, of which there are several forms, and 150 a receipt.

/// Has a macro make something of the names of all methods: of those that take an order, and of the others.
macro_rules! methods {
    ($then:ident) => {
        $then! {
            [
                order_0 order_1 order_2 order_3 order_4 order_5 order_6 order_7 order_8 order_9
                order_10 order_11 order_12 order_13 order_14 order_15 order_16 order_17 order_18
                order_19 order_20 order_21 order_22 order_23 order_24 order_25 order_26 order_27
                order_28 order_29 order_30 order_31 order_32 order_33 order_34 order_35 order_36
                order_37 order_38 order_39 order_40 order_41 order_42 order_43 order_44 order_45
                order_46 order_47 order_48 order_49
            ]
            [
                receipt_0 receipt_1 receipt_2 receipt_3 receipt_4 receipt_5 receipt_6 receipt_7
                receipt_8 receipt_9 receipt_10 receipt_11 receipt_12 receipt_13 receipt_14
                receipt_15 receipt_16 receipt_17 receipt_18 receipt_19 receipt_20 receipt_21
                receipt_22 receipt_23 receipt_24 receipt_25 receipt_26 receipt_27 receipt_28
                receipt_29 receipt_30 receipt_31 receipt_32 receipt_33 receipt_34 receipt_35
                receipt_36 receipt_37 receipt_38 receipt_39 receipt_40 receipt_41 receipt_42
                receipt_43 receipt_44 receipt_45 receipt_46 receipt_47 receipt_48 receipt_49
                receipt_50 receipt_51 receipt_52 receipt_53 receipt_54 receipt_55 receipt_56
                receipt_57 receipt_58 receipt_59 receipt_60 receipt_61 receipt_62 receipt_63
                receipt_64 receipt_65 receipt_66 receipt_67 receipt_68 receipt_69 receipt_70
                receipt_71 receipt_72 receipt_73 receipt_74 receipt_75 receipt_76 receipt_77
                receipt_78 receipt_79 receipt_80 receipt_81 receipt_82 receipt_83 receipt_84
                receipt_85 receipt_86 receipt_87 receipt_88 receipt_89 receipt_90 receipt_91
                receipt_92 receipt_93 receipt_94 receipt_95 receipt_96 receipt_97 receipt_98
                receipt_99 receipt_100 receipt_101 receipt_102 receipt_103 receipt_104 receipt_105
                receipt_106 receipt_107 receipt_108 receipt_109 receipt_110 receipt_111 receipt_112
                receipt_113 receipt_114 receipt_115 receipt_116 receipt_117 receipt_118 receipt_119
                receipt_120 receipt_121 receipt_122 receipt_123 receipt_124 receipt_125 receipt_126
                receipt_127 receipt_128 receipt_129 receipt_130 receipt_131 receipt_132 receipt_133
                receipt_134 receipt_135 receipt_136 receipt_137 receipt_138 receipt_139 receipt_140
                receipt_141 receipt_142 receipt_143 receipt_144 receipt_145 receipt_146 receipt_147
                receipt_148 receipt_149
            ]
        }
    };
}

macro_rules! interface {
    ([$($order:ident)*] [$($receipt:ident)*]) => {
        /// Many methods.
        #[hotmod::interface]
        #[allow(missing_docs, reason = "they are there to be linked")]
        pub trait Many {
            $(fn $order(&self, order: Order) -> u64;)*
            $(fn $receipt(&self, receipt: Receipt) -> u64;)*
        }
    };
}

methods!(interface);
